"""MaxCompute: the REST and tunnel surface that PyODPS and the Java SDK expect."""
