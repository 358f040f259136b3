"""COCO's JSON format: written, and read from other tools with its common misreadings."""
