-- A peer that stands for what its router originates itself.
(p.asn = 0 AND p.peer_type = 0 AND p.address IN ('0.0.0.0', '::'))
