"""The main job: train, detect, time, score and report every contender on the same images."""
