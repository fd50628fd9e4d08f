"""What the black-box tests share: the program, its catalog, its origins and its clients."""
