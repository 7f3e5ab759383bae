-- intervals from a field to another
select interval '1' year, interval '1-2' year, interval '1 2' year
select interval '1 2:03' year
select interval '1 2:03:04' year
select interval '2:03' year
select interval '2:03:04.5' year
select interval '-1' year
select interval '1.5' year
select interval '1 day' year
select interval '1 day 2' year
select interval '10 days 2 hours' year
select interval '1 year 2 mons 3 days' year
select interval '04:05.5' year
select interval 'P1Y2M' year
select interval 'x' year
select interval '1' month, interval '1-2' month, interval '1 2' month
select interval '1 2:03' month
select interval '1 2:03:04' month
select interval '2:03' month
select interval '2:03:04.5' month
select interval '-1' month
select interval '1.5' month
select interval '1 day' month
select interval '1 day 2' month
select interval '10 days 2 hours' month
select interval '1 year 2 mons 3 days' month
select interval '04:05.5' month
select interval 'P1Y2M' month
select interval 'x' month
select interval '1' day, interval '1-2' day, interval '1 2' day
select interval '1 2:03' day
select interval '1 2:03:04' day
select interval '2:03' day
select interval '2:03:04.5' day
select interval '-1' day
select interval '1.5' day
select interval '1 day' day
select interval '1 day 2' day
select interval '10 days 2 hours' day
select interval '1 year 2 mons 3 days' day
select interval '04:05.5' day
select interval 'P1Y2M' day
select interval 'x' day
select interval '1' hour, interval '1-2' hour, interval '1 2' hour
select interval '1 2:03' hour
select interval '1 2:03:04' hour
select interval '2:03' hour
select interval '2:03:04.5' hour
select interval '-1' hour
select interval '1.5' hour
select interval '1 day' hour
select interval '1 day 2' hour
select interval '10 days 2 hours' hour
select interval '1 year 2 mons 3 days' hour
select interval '04:05.5' hour
select interval 'P1Y2M' hour
select interval 'x' hour
select interval '1' minute, interval '1-2' minute, interval '1 2' minute
select interval '1 2:03' minute
select interval '1 2:03:04' minute
select interval '2:03' minute
select interval '2:03:04.5' minute
select interval '-1' minute
select interval '1.5' minute
select interval '1 day' minute
select interval '1 day 2' minute
select interval '10 days 2 hours' minute
select interval '1 year 2 mons 3 days' minute
select interval '04:05.5' minute
select interval 'P1Y2M' minute
select interval 'x' minute
select interval '1' second, interval '1-2' second, interval '1 2' second
select interval '1 2:03' second
select interval '1 2:03:04' second
select interval '2:03' second
select interval '2:03:04.5' second
select interval '-1' second
select interval '1.5' second
select interval '1 day' second
select interval '1 day 2' second
select interval '10 days 2 hours' second
select interval '1 year 2 mons 3 days' second
select interval '04:05.5' second
select interval 'P1Y2M' second
select interval 'x' second
select interval '1' year to month, interval '1-2' year to month, interval '1 2' year to month
select interval '1 2:03' year to month
select interval '1 2:03:04' year to month
select interval '2:03' year to month
select interval '2:03:04.5' year to month
select interval '-1' year to month
select interval '1.5' year to month
select interval '1 day' year to month
select interval '1 day 2' year to month
select interval '10 days 2 hours' year to month
select interval '1 year 2 mons 3 days' year to month
select interval '04:05.5' year to month
select interval 'P1Y2M' year to month
select interval 'x' year to month
select interval '1' day to hour, interval '1-2' day to hour, interval '1 2' day to hour
select interval '1 2:03' day to hour
select interval '1 2:03:04' day to hour
select interval '2:03' day to hour
select interval '2:03:04.5' day to hour
select interval '-1' day to hour
select interval '1.5' day to hour
select interval '1 day' day to hour
select interval '1 day 2' day to hour
select interval '10 days 2 hours' day to hour
select interval '1 year 2 mons 3 days' day to hour
select interval '04:05.5' day to hour
select interval 'P1Y2M' day to hour
select interval 'x' day to hour
select interval '1' day to minute, interval '1-2' day to minute, interval '1 2' day to minute
select interval '1 2:03' day to minute
select interval '1 2:03:04' day to minute
select interval '2:03' day to minute
select interval '2:03:04.5' day to minute
select interval '-1' day to minute
select interval '1.5' day to minute
select interval '1 day' day to minute
select interval '1 day 2' day to minute
select interval '10 days 2 hours' day to minute
select interval '1 year 2 mons 3 days' day to minute
select interval '04:05.5' day to minute
select interval 'P1Y2M' day to minute
select interval 'x' day to minute
select interval '1' day to second, interval '1-2' day to second, interval '1 2' day to second
select interval '1 2:03' day to second
select interval '1 2:03:04' day to second
select interval '2:03' day to second
select interval '2:03:04.5' day to second
select interval '-1' day to second
select interval '1.5' day to second
select interval '1 day' day to second
select interval '1 day 2' day to second
select interval '10 days 2 hours' day to second
select interval '1 year 2 mons 3 days' day to second
select interval '04:05.5' day to second
select interval 'P1Y2M' day to second
select interval 'x' day to second
select interval '1' hour to minute, interval '1-2' hour to minute, interval '1 2' hour to minute
select interval '1 2:03' hour to minute
select interval '1 2:03:04' hour to minute
select interval '2:03' hour to minute
select interval '2:03:04.5' hour to minute
select interval '-1' hour to minute
select interval '1.5' hour to minute
select interval '1 day' hour to minute
select interval '1 day 2' hour to minute
select interval '10 days 2 hours' hour to minute
select interval '1 year 2 mons 3 days' hour to minute
select interval '04:05.5' hour to minute
select interval 'P1Y2M' hour to minute
select interval 'x' hour to minute
select interval '1' hour to second, interval '1-2' hour to second, interval '1 2' hour to second
select interval '1 2:03' hour to second
select interval '1 2:03:04' hour to second
select interval '2:03' hour to second
select interval '2:03:04.5' hour to second
select interval '-1' hour to second
select interval '1.5' hour to second
select interval '1 day' hour to second
select interval '1 day 2' hour to second
select interval '10 days 2 hours' hour to second
select interval '1 year 2 mons 3 days' hour to second
select interval '04:05.5' hour to second
select interval 'P1Y2M' hour to second
select interval 'x' hour to second
select interval '1' minute to second, interval '1-2' minute to second, interval '1 2' minute to second
select interval '1 2:03' minute to second
select interval '1 2:03:04' minute to second
select interval '2:03' minute to second
select interval '2:03:04.5' minute to second
select interval '-1' minute to second
select interval '1.5' minute to second
select interval '1 day' minute to second
select interval '1 day 2' minute to second
select interval '10 days 2 hours' minute to second
select interval '1 year 2 mons 3 days' minute to second
select interval '04:05.5' minute to second
select interval 'P1Y2M' minute to second
select interval 'x' minute to second
select interval '1 2 hours'
select interval '2 hours 1'
select interval '1 2 3 hours'
select cast('1-2' as interval year to month), '10'::interval minute, interval '1.123456' second(2), interval '1 2:03:04.5678' day to second(1)
select interval '1 day 2:03:04' + interval '1' hour to minute
select city::interval day to hour from shop where false
