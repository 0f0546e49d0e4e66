"""The files of ODS and of the QOF publication, read as they come."""
