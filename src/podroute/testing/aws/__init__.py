"""EC2 on this machine: moto, and what moto leaves out.

Needs ``moto[ec2]``, flask and flask-cors.
"""
