"""What a user does, one file each, written over the seams: read these first."""
