-- Routes by the address of their next hop.
s.next_hop = {1}::inet
