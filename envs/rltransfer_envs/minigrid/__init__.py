"""MiniGrid: grid worlds seen from inside, with layouts, goals and bodies to transfer between."""
