"""VPC route tables of AWS."""
