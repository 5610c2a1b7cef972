"""What people and files may say, checked."""
