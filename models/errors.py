"""What can go wrong while learning that the user can repair."""

from datasets.errors import UserError


class TrainingError(UserError):
    """Training can't go on; the message is one sentence with the way out."""


class UnavailableError(TrainingError):
    """What a contender needs besides the data can't be had here and now; others can go on."""
