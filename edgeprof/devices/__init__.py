"""What is known of kinds of devices: profiles read, named, and matched against a machine."""
