"""Supervised image transfer: data, codes, adaptation between domains, one-shot and zero-shot learning."""
