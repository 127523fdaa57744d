"""What may happen: policy, and how text from strangers is kept from being taken for instructions."""
