import pytest

from datasets.written_numbers import marks_of


@pytest.mark.parametrize(
    ("delimiter", "written", "meant"),
    [
        (",", ["12", "7.5"], [12, 7.5]),
        (",", ["1.024", "12"], [1.024, 12]),  # where commas part cells
        (",", ["1,024", "12"], [1024, 12]),
        (",", ["1,024.5", "12"], [1024.5, 12]),
        (",", ["12,5", "7"], [12.5, 7]),
        (";", ["12,5", "7"], [12.5, 7]),
        (";", ["1.024", "12"], [1024, 12]),
        (";", ["1.024", "12.000"], [1.024, 12]),  # three decimals everywhere
        (";", ["0.512", "1"], [0.512, 1]),
        (";", ["1.024,50", "12"], [1024.5, 12]),
        (";", ["1.024", "12,5"], [1024, 12.5]),
        (";", ["1,024", "12.5"], [1024, 12.5]),
        ("\t", ["1\u202f024", "1'024,5", "12"], [1024, 1024.5, 12]),
        (";", ["-1.024", "12"], [-1024, 12]),
        (";", ["1.024.000", "12"], [1024000, 12]),
        (";", [], []),
    ],
)
def test_what_parts_thousands_and_fractions_is_found_in_all_numbers_together(
    delimiter, written, meant
):
    marks = marks_of(written, delimiter)
    assert [float(marks.plain(number)) for number in written] == meant


def test_a_number_that_would_be_another_is_the_example():
    assert marks_of(["12", "1.024"], ";").example == "1.024"
    assert marks_of(["12", "1 024"], ";").example == "1 024"
    assert not marks_of(["12", "1,5", "nan", ""], ";").example
