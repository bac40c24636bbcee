"""Words of languages: sentences for the codes of figures, numbers and dates by locale."""
