# listen.pl SOCKET PROGRAM ARGUMENT...: run the program with SOCKET, listening, as its file descriptor 6. A shell cannot make a socket, and one
# that the supervisor holds outlives whoever serves it: what comes in while flopynet-api is started again waits instead of failing.
use strict;
use warnings;
use POSIX ();
use Socket;

my ($path, @program) = @ARGV;
umask 0177;
socket my $listener, PF_UNIX, SOCK_STREAM, 0 or die "dev: socket: $!\n";
bind $listener, pack_sockaddr_un($path) or die "dev: $path: $!\n";
listen $listener, 1024 or die "dev: $path: $!\n";
POSIX::dup2(fileno $listener, 6);
umask 0022;
exec { $program[0] } @program or die "dev: $program[0]: $!\n";
