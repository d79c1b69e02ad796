"""Real datasets: read as their authors wrote them, stored once, handed out as batches.

Each dataset is a module of `handjax.data` (`nyu`, `icvl`, ...) with
    ABOUT: an `About`, what is to be known before a file is opened;
    index(root, split): a cheap sequence of entries, one a frame, in the authors' order;
    read(root, entry): the `Frame` of an entry.
All else is here and knows no dataset by name (but for `names`):
    download: what of it is there, and where to get the rest;
    records: what is kept of a frame, mirrored where it shows a left hand;
    store: all records of a split in shards, which TFDS opens;
    order: which frames make which batch;
    batches: crops and labels of these frames;
    loading: what training and evaluation call.
"""
