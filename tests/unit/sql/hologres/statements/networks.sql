-- INET and CIDR
select '10/8'::cidr, '10'::cidr, '172.16/12'::cidr, '10.1/16'::inet, '224.1'::cidr, '240'::cidr, '192.168'::cidr, '10.1.2'::cidr
select '10.1'::inet
select '1.2.3.4/33'::inet
select '1.2.3.256'::inet
select '::1/64'::cidr
select '2001:db8::/32'::cidr, abbrev('10.1.0.0/16'::cidr), abbrev('10.0.0.0/8'::cidr), abbrev('10.1.0.0/16'::inet), abbrev('0.0.0.0/0'::cidr), abbrev('10.1.2.128/25'::cidr), abbrev('::/0'::cidr), abbrev('::1/128'::cidr), abbrev('1.2.3.4/32'::cidr)
select '192.168.1.6'::inet << '192.168.1.0/24', '192.168.1.6'::inet <<= '192.168.1.6', '10.0.0.0/8'::inet >> '10.1.0.0/16', '10.0.0.0/8'::inet >>= '10.0.0.0/8', '10.0.0.0/8'::inet && '10.1.0.0/16', '::1'::inet << '10.0.0.0/8'
select ~ '192.168.1.6'::inet, '192.168.1.6'::inet & '0.0.0.255', '192.168.1.6/16'::inet | '0.0.0.255/24', '192.168.1.6'::inet + 25, 3 + '192.168.1.6/8'::inet, '192.168.1.43'::inet - 36, '192.168.1.43'::inet - '192.168.1.19'::inet, '::5'::inet - '::1'::inet
select '::1'::inet & '1.2.3.4'
select '255.255.255.255'::inet + 1
select '::'::inet - 1
select '::1'::inet - '1.2.3.4'
select 'ffff::'::inet - '::1'
select broadcast('192.168.1.5/24'), family('::1'), host('192.168.1.0/24'), hostmask('192.168.23.20/30'), masklen('192.168.1.5/24'), netmask('192.168.1.5/24'), network('192.168.1.5/24'), set_masklen('192.168.1.5/24'::inet, 16), set_masklen('192.168.1.0/24'::cidr, 16), text('192.168.1.5'::inet), text('::1'::cidr), inet_same_family('1.2.3.4', '::1'), set_masklen('1.2.3.4/8'::inet, -1)
select set_masklen('1.2.3.4'::inet, 40)
select inet_merge('1.2.3.4', '::1')
select inet_merge('192.168.1.5/24', '192.168.2.5/24'), inet_merge('1.2.3.4', '200.1.1.1'), inet_merge('::1', '::2')
select x from (values ('10.0.0.0/8'::inet), ('10.0.0.1'), ('10.0.0.0/16'), ('9.255.255.255'), ('::1'), ('10.0.0.1/8'), (null)) t(x) order by x
select min(x), max(x), count(distinct x) from (values ('10.0.0.0/8'::inet), ('10.0.0.1'), ('10.0.0.0/16'), ('9.255.255.255'), ('::1')) t(x)
select x, count(*) from (values ('10.0.0.0/8'::inet), ('10.0.0.0/8'), ('::1')) t(x) group by x order by x
select greatest('10.0.0.0/8'::inet, '::1'::inet), nullif('10.0.0.0/8'::inet, '10.0.0.0/8'), '10.0.0.0/8'::inet = '10.0.0.0/8'::cidr, '::1'::inet in ('10.0.0.0/8', '::1'), array['::1'::inet, '1.2.3.4/24'], '{10.0.0.0/8,::1}'::cidr[]
select '1.2.3.4/32'::cidr, '1.2.3.4/32'::cidr::inet, '1.2.3.4/32'::cidr::inet::text, '1.2.3.4/24'::inet::cidr, '::ffff:1.2.3.4'::inet, '1.2.3.4/32'::inet, '1.2.3.4'::inet || 'x', format('%s', '1.2.3.4'::inet), to_jsonb(network('::1'::inet)::inet)
select '::1'::inet - '-9223372036854775808'::int8
select '::1'::inet - '-9223372036854775807'::int8, 'ffff::'::inet + '-9223372036854775808'::int8
