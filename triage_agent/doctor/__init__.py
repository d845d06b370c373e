"""Compares live credentials with the page: what is too much, too little, different."""
