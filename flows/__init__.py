"""copydesk under Prefect: thin flows over `cleaners`, which does the work and knows nothing of Prefect."""
