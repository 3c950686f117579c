"""The pages: a face that parses, calls one flow and renders."""
