"""What may leave an installation: places, times and persons, each made coarse by one function.

Whatever is shown, written or sent to others (pages, packs, exports, figures) takes places from `places`,
times from `times`, ids of persons from `persons`, and readings, which have all three, from `readings`.
"""
