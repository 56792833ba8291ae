"""The commands of `kapear`: each reads its words, calls one use case and prints what came back."""
