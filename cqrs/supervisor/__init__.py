"""One supervisor for everything a system on this machine is made of."""
