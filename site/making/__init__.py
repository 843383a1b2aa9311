"""How the site is made: a module for each part of it. ``python site/make.py`` makes all."""
