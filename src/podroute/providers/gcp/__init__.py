"""The static routes of one VPC network of Google Cloud."""
