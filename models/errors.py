"""What can go wrong while learning that the user can mend."""


class TrainingError(Exception):
    """Training can't go on; the message is one sentence with the way out."""
