"""All that can be said about the diversity of sites from one table of counts or of incidence, with reasons.

The record of a site is made of plain numbers and None; whatever is None has its reason under the same path.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sera_analysis.diversity.coverage import coverage_deficit
from sera_analysis.diversity.estimates import observed_richness
from sera_analysis.diversity.evenness import evenness, pielou_evenness, simpson_evenness
from sera_analysis.diversity.hill import berger_parker, gini_simpson, shannon
from sera_analysis.diversity.rare_kinds import rare_coverage_estimate
from sera_analysis.diversity.richness import chao, chao_bias_corrected, improved_chao, jackknife
from sera_analysis.diversity.samples import Abundance, Incidence, frequency_count
from sera_analysis.sites.rising_profiles import rising_profile_notes
from sera_analysis.sites.site_bootstrap import bootstrapped
from sera_analysis.sites.site_figures import Question, label, site_figures
from sera_analysis.sites.undefined import reason_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sera_analysis.diversity.samples import Sample
    from sera_analysis.sites.site_bootstrap import Bootstrap
    from sera_analysis.sites.site_figures import Record
    from sera_words.statements import TableReason


# So many sites share a table; more would only need more memory.
_SITES_AT_ONCE: Final = 200


def site_diversity(
    sample: Sample,
    names: Sequence[str],
    question: Question,
    bootstrap: Bootstrap | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> dict[str, Record]:
    """Build the record of each site.

    Parameters
    ----------
    sample : Abundance or Incidence, shape (sites, kinds)
        The sites.
    names : sequence of str
        Their names.
    question : Question
        Orders, sizes and coverages asked for.
    bootstrap : Bootstrap, optional
        Adds standard errors and intervals of coverage and of Hill numbers.
    progress : callable
        Is told how many sites are done.

    Returns
    -------
    dict
        By name: n, coverage, estimates of richness, Hill numbers observed, asymptotic, by size and by
        coverage, the reason of each None, and notes on profiles that rise with their order.
    """
    records: dict[str, Record] = {}
    for start in range(0, len(names), _SITES_AT_ONCE):
        rows = slice(start, start + _SITES_AT_ONCE)
        block = _rows(sample, rows)
        columns = _columns(block, question)
        for index, name in enumerate(names[rows]):
            record = {key: _picked(value, index) for key, value in columns.items()}
            if bootstrap is not None:
                _add_spreads(record, _rows(block, index), name, question, bootstrap)
            notes = rising_profile_notes(record, question.orders)
            records[name] = record | {"reasons": _reasons(record), "notes": notes}
            progress(len(records))
    return records


def _rows(sample: Sample, rows: slice | int) -> Sample:
    """Select some sites, or one."""
    if isinstance(sample, Incidence):
        return Incidence(sample.frequencies[rows], sample.units[rows])
    return Abundance(sample.frequencies[rows])


def _columns(sample: Sample, question: Question) -> Record:
    """Compute all figures of the sites, each leaf an array over sites."""
    incidence = isinstance(sample, Incidence)
    number = "2" if incidence else "1"
    figures = site_figures(sample, question)
    size = sample.size.astype(np.int64)
    columns = {
        "n": size,
        "units": size if incidence else np.full(size.shape, None),
        "richness_observed": observed_richness(sample).astype(np.int64),
        "singletons": frequency_count(sample, 1).astype(np.int64),
        "doubletons": frequency_count(sample, 2).astype(np.int64),
        "coverage": figures["coverage"],
        f"chao{number}": chao(sample)._asdict(),
        f"chao{number}_bias_corrected": chao_bias_corrected(sample)._asdict(),
        "ice" if incidence else "ace": rare_coverage_estimate(sample)._asdict(),
        "jackknife1": jackknife(sample, 1)._asdict(),
        "jackknife2": jackknife(sample, 2)._asdict(),
        **{key: figures[key] for key in ("observed", "asymptotic", "size_based", "coverage_based")},
    }
    return columns | ({"more": _more(sample, question)} if question.more else {})


def _more(sample: Sample, question: Question) -> Record:
    """Compute the figures that few ask for."""
    return {
        "ichao2" if isinstance(sample, Incidence) else "ichao1": improved_chao(sample)._asdict(),
        "coverage_deficit": coverage_deficit(sample),
        "shannon": shannon(sample),
        "gini_simpson": gini_simpson(sample),
        "berger_parker": berger_parker(sample),
        "evenness": {label(q): evenness(sample, q) for q in question.orders if q > 0},
        "pielou_evenness": pielou_evenness(sample),
        "simpson_evenness": simpson_evenness(sample),
    }


def _add_spreads(record: Record, site: Sample, name: str, question: Question, bootstrap: Bootstrap) -> None:
    """Add what the bootstrap says of one site; the asymptotic spreads stand beside their values."""
    record["bootstrap"] = None
    if not record["richness_observed"]:
        return
    spreads = bootstrapped(site, name, question, bootstrap)
    for q, spread in spreads.pop("asymptotic").items():
        if record["asymptotic"][q]["value"] is not None:
            record["asymptotic"][q].update(spread or dict.fromkeys(("standard_error", "low", "high")))
    record["bootstrap"] = {**bootstrap._asdict(), **spreads}


def _picked(value: Any, index: int) -> Any:
    """Return one site's part of a tree of arrays over sites; what is not finite becomes None."""
    if isinstance(value, dict):
        return {key: _picked(part, index) for key, part in value.items()}
    if isinstance(value, list):
        return [_picked(part, index) for part in value]
    return _cleaned(value[index].item() if isinstance(value[index], np.generic) else value[index])


def _cleaned(value: Any) -> Any:
    """Replace what is not finite by None, in a tree of plain numbers."""
    if isinstance(value, dict):
        return {key: _cleaned(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_cleaned(part) for part in value]
    return value if value is not None and np.isfinite(value) else None


def _reasons(record: Record) -> dict[str, TableReason]:
    """Return the reason of each None by its path; an estimate without value has one for all its parts."""
    stated = {key: value for key, value in record.items() if key != "units"}
    return {".".join(path): reason_of(path, record) for path in _undefined(stated, ())}


def _undefined(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Find the paths of None below a value."""
    if value is None or (isinstance(value, dict) and value.get("value", 0) is None):
        yield path
    elif isinstance(value, dict | list):
        parts = value.items() if isinstance(value, dict) else enumerate(value)
        for key, part in parts:
            yield from _undefined(part, (*path, str(key)))
