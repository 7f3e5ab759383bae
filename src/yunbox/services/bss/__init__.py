"""The vendor's user center (BssOpenApi): what is bought ahead, which here is nothing."""
