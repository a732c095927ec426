# The scenario's steps with Perl's Net::FTP; the job comes as JSON on standard input. Names are one character per byte.
use strict;
use warnings;
use JSON::PP;

# As Net::FTP, but told which form of command to use; by itself it goes by the address family.
package Told {
    use parent 'Net::FTP';
    our $mode = '';

    sub pasv { my $self = shift; return $mode eq 'EPSV' ? $self->epsv : $self->SUPER::pasv }
    sub port { my $self = shift; return $mode eq 'EPRT' ? $self->eprt(@_) : $self->SUPER::port(@_) }
}

my $job   = decode_json(do { local $/; <STDIN> });
my $names = $job->{names};
utf8::downgrade($_) for values %{$names};
$Told::mode = $job->{mode};

my $ftp = Told->new(
    $job->{host},
    Port    => $job->{port},
    Passive => $job->{mode} =~ /^(?:PASV|EPSV)$/ ? 1 : 0,
    Timeout => 5,
    Debug   => 1,
) or die "cannot connect: $@";

sub listing {
    open my $file, '>', 'listing.txt' or die $!;
    print {$file} "$_\n" for $ftp->dir;
    close $file or die $!;
}

sub abort_download {
    my $data = $ftp->retr('endless.bin') or return;
    $data->read(my $some, 10_000);
    $data->abort;
    $ftp->mkdir('after-abort');
}

my %steps = (
    list           => \&listing,
    download       => sub { $ftp->get('down.bin') },
    upload         => sub { $ftp->put('up.bin') },
    downloadEmpty  => sub { $ftp->get('empty-down.bin') },
    uploadEmpty    => sub { $ftp->put('empty-up.bin') },
    downloadUtf8   => sub { $ftp->get($names->{utf8Down}) },
    uploadUtf8     => sub { $ftp->put($names->{utf8Up}) },
    downloadLatin1 => sub { $ftp->get($names->{latin1Down}) },
    uploadLatin1   => sub { $ftp->put($names->{latin1Up}) },
    rename         => sub { $ftp->rename('old.bin', 'new.bin') },
    delete         => sub { $ftp->delete('doomed.bin') },
    mkdir          => sub { $ftp->mkdir('made') },
    resumeDownload => sub { $ftp->get('resumed-down.bin', 'resumed-down.bin', -s 'resumed-down.bin') },
    resumeUpload   => sub {
        open my $file, '<', 'resumed-up.bin' or die $!;
        seek $file, $ftp->size('resumed-up.bin'), 0;
        $ftp->append($file, 'resumed-up.bin');
    },
    downloadBig => sub { $ftp->get('big-down.bin') },
    uploadBig   => sub { $ftp->put('big-up.bin') },
    abort       => \&abort_download,
);

$ftp->login($job->{user}, $job->{password}) or die 'cannot log in';
$ftp->binary;
$ftp->cwd($job->{folder}) or die 'cannot change folder';
for my $step (@{ $job->{steps} }) {
    eval { $steps{$step}->() or warn "step $step failed\n"; 1 } or warn "step $step failed: $@\n";
}
$ftp->quit;
