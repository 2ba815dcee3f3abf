"""What a run did: `RunRecord`, its tables and files, what it is measured by, and where it comes from."""
