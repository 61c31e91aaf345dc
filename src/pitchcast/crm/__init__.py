"""Lists of prospects as a CRM writes and reads them: tables in, tables out."""
