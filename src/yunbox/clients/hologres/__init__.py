"""A client of Hologres, whose calls wait for their answers: for threads and processes of their own."""
