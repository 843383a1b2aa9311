"""The interactive session and the command line: what people type, and what they are shown."""
