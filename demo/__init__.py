"""The loopback platforms behind `make demo`: invented posts and pictures, and a hash list that fits them."""
