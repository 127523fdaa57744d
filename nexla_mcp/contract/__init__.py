"""Every operation of Nexla's REST contract as data: what it takes, what it may do, and which tool does it better."""
