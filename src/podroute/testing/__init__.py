"""For provider authors: the contract suite and builders."""
