from . import test_probe, test_planted
