"""What offers are and what may happen to them (DOMAIN 10.1).

`offer` is the states and what leads from one to another; `making` whom a service may be offered;
`standing` what ODS says of a provider; `looking` which offers somebody sees and looks for;
`outcome` what a bulk command answers.
"""
