"""Pure readers and writers: records to bytes and back."""
