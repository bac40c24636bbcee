"""What the ten insect groups are called in science, with honest ranks; for hosts only.

A group is as wide as the count sheet's: where no taxon is the same, the narrowest that holds all of it stands
here, and the remark says what of it is meant.
"""

from collections import namedtuple

GroupTaxon = namedtuple("GroupTaxon", ("scientific_name", "rank", "order", "family", "remark"))

KINGDOM = "Animalia"
PHYLUM = "Arthropoda"
CLASS = "Insecta"

GROUP_TAXA = {
    "bumblebees": GroupTaxon("Bombus", "genus", "Hymenoptera", "Apidae", ""),
    "honeybees": GroupTaxon("Apis", "genus", "Hymenoptera", "Apidae", ""),
    "solitary_bees": GroupTaxon(
        "Apoidea", "superfamily", "Hymenoptera", "", "bees other than bumblebees and honeybees"
    ),
    "wasps": GroupTaxon("Hymenoptera", "order", "Hymenoptera", "", "wasps, social and solitary"),
    "hoverflies": GroupTaxon("Syrphidae", "family", "Diptera", "Syrphidae", ""),
    "other_flies": GroupTaxon("Diptera", "order", "Diptera", "", "flies other than hoverflies"),
    "butterflies_and_moths": GroupTaxon("Lepidoptera", "order", "Lepidoptera", "", ""),
    "beetles": GroupTaxon("Coleoptera", "order", "Coleoptera", "", "beetles longer than 3 mm"),
    "small_insects": GroupTaxon("Insecta", "class", "", "", "insects of at most 3 mm, of any order"),
    "other_insects": GroupTaxon("Insecta", "class", "", "", "insects of none of the other nine groups"),
}
