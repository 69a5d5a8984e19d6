"""The web pages: served by the process that answers, made of the same parts as everything else."""
