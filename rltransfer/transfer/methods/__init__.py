"""The transfer methods, one a file: settings and what each phase does. Importing them loads no torch."""
