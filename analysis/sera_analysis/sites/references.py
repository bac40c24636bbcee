"""Where the figures of `site_diversity` are published: one citation a key of a site's record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sera_analysis.sites.site_figures import Record

_COVERAGE: Final = "A. Chao and L. Jost, Ecology 93, 2533-2547, 2012, doi 10.1890/11-1952.1"
_RAREFACTION: Final = "A. Chao et al., Ecological Monographs 84, 45-67, 2014, doi 10.1890/13-0133.1"
_CHAO: Final = (
    "A. Chao, Biometrics 43, 783-791, 1987, doi 10.2307/2531532; A. Chao and C.-H. Chiu, Wiley StatsRef, "
    "2016, doi 10.1002/9781118445112.stat03432.pub2"
)
_BIAS_CORRECTED: Final = "A. Chao, Encyclopedia of Statistical Sciences, 2005, doi 10.1002/0471667196.ess5051"
_RARE: Final = (
    "A. Chao and S.-M. Lee, JASA 87, 210-217, 1992, doi 10.1080/01621459.1992.10475194; S.-M. Lee and "
    "A. Chao, Biometrics 50, 88-97, 1994, doi 10.2307/2533199"
)
_JACKKNIFE: Final = (
    "K. P. Burnham and W. S. Overton, Biometrika 65, 625-633, 1978, doi 10.1093/biomet/65.3.625"
)

REFERENCES: Final[dict[str, str]] = {
    "coverage": _COVERAGE,
    "chao1": _CHAO,
    "chao2": _CHAO,
    "chao1_bias_corrected": _BIAS_CORRECTED,
    "chao2_bias_corrected": _BIAS_CORRECTED,
    "ace": _RARE,
    "ice": _RARE,
    "jackknife1": _JACKKNIFE,
    "jackknife2": _JACKKNIFE,
    "observed": "M. O. Hill, Ecology 54, 427-432, 1973, doi 10.2307/1934352",
    "asymptotic": (
        "A. Chao and L. Jost, Methods in Ecology and Evolution 6, 873-882, 2015, doi 10.1111/2041-210X.12349"
    ),
    "size_based": _RAREFACTION,
    "coverage_based": _COVERAGE,
    "bootstrap": f"{_RAREFACTION}, appendix G",
}


def references_of(records: Mapping[str, Record]) -> dict[str, str]:
    """Return the citation of each figure that the records of sites hold, by its key.

    Examples
    --------
    >>> list(references_of({"elm yard": {"coverage": 0.9, "size_based": [], "n": 22}}))
    ['coverage']
    """
    held = {key for record in records.values() for key, value in record.items() if value not in ([], None)}
    return {key: text for key, text in REFERENCES.items() if key in held}
