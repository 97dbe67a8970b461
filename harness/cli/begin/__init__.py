"""The first commands of somebody new: a network file, what is wrong with it, what can be said in it."""
