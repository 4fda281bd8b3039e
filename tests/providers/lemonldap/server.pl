# LemonLDAP::NG's portal with alice and bob, on a loopback port, for the tests: server.pl PORT FOLDER CLIENTS
# FOLDER is where it writes. CLIENTS is a file: a Relying Party each, by name, as the configuration has them. Prints
# {"issuer": ...} once it serves; GET /__record tells what it was asked so far.
use strict;
use warnings;

use Crypt::OpenSSL::RSA;
use Fcntl qw(:flock);
use File::Path qw(remove_tree);
use IO::Handle;
use JSON qw(decode_json encode_json);
use Starman::Server;

use constant PASSWORD => 'demo';
my ( $port, $folder, $clients ) = @ARGV;
my $origin = "http://127.0.0.1:$port";

sub contents {
    my ($path) = @_;
    open my $file, '<', $path or die "$path: $!";
    local $/ = undef;
    return scalar <$file>;
}

sub write_file {
    my ( $path, $text ) = @_;
    open my $file, '>', $path or die "$path: $!";
    print {$file} $text;
    close $file or die "$path: $!";
}

mkdir "$folder/$_" or die "$folder/$_: $!" for qw(conf cache sessions persistent locks);
my $sessions = { Directory => "$folder/sessions", LockDirectory => "$folder/locks", generateModule => 'Lemonldap::NG::Common::Apache::Session::Generate::SHA256' };
my $key = Crypt::OpenSSL::RSA->generate_key(2048);
my $known = decode_json( contents($clients) );
my %configuration = (
    cfgNum => 1,
    cfgAuthor => 'tests',
    cfgDate => time,
    portal => "$origin/",
    domain => '127.0.0.1',
    locationRules => {},
    captcha => '::Captcha::None',
    authentication => 'Demo',
    userDB => 'Demo',
    passwordDB => 'Null',
    registerDB => 'Null',
    globalStorage => 'Apache::Session::File',
    globalStorageOptions => $sessions,
    persistentStorage => 'Apache::Session::File',
    persistentStorageOptions => { %{$sessions}, Directory => "$folder/persistent" },
    localSessionStorage => 'Cache::FileCache',
    localSessionStorageOptions => { namespace => 'sessions', default_expires_in => 600, cache_root => "$folder/cache", cache_depth => 1 },
    key => 'a key of the tests',
    exportedVars => { uid => 'uid', cn => 'cn', mail => 'mail' },
    demoExportedVars => { uid => 'uid', cn => 'cn', mail => 'mail' },
    issuerDBOpenIDConnectActivation => 1,
    oidcServicePrivateKeySig => $key->get_private_key_string,
    oidcServicePublicKeySig => $key->get_public_key_x509_string,
    oidcServiceKeyIdSig => 'tests',
    oidcRPMetaDataOptions => $known,
    oidcRPMetaDataExportedVars => { map { $_ => { name => 'cn', email => 'mail', preferred_username => 'uid' } } keys %{$known} },
);
write_file( "$folder/conf/lmConf-1.json", encode_json( \%configuration ) );
write_file( "$folder/lemonldap-ng.ini", <<"END" );
[all]
logLevel = notice
[configuration]
type = File
dirName = $folder/conf
localStorage = Cache::FileCache
localStorageOptions = { 'namespace' => 'configuration', 'default_expires_in' => 600, 'cache_root' => '$folder/cache', 'cache_depth' => 1 }
[portal]
staticPrefix = /static
templateDir = $ENV{LEMONLDAP}/usr/share/lemonldap-ng/portal/templates
languages = en
END
$ENV{LLNG_DEFAULTCONFFILE} = "$folder/lemonldap-ng.ini";

require Lemonldap::NG::Portal::Main;
require Lemonldap::NG::Portal::UserDB::Demo;
require Lemonldap::NG::Common::Module;
{
    # A module for pictures is loaded even where none is asked for, and would bring a graphics library.
    package Lemonldap::NG::Portal::Captcha::None;
    our @ISA = ('Lemonldap::NG::Common::Module');
    $INC{'Lemonldap/NG/Portal/Captcha/None.pm'} = __FILE__;
    sub init { return 1 }
}
require Lemonldap::NG::Portal::Auth::Demo;
%Lemonldap::NG::Portal::UserDB::Demo::demoAccounts =
  map { $_ => { uid => $_, cn => ucfirst $_, mail => "$_\@example.com" } } qw(alice bob);
{
    # Its own demonstration takes the name for the password.
    no warnings qw(once redefine);
    *Lemonldap::NG::Portal::Auth::Demo::authenticate = sub {
        my ( $self, $request ) = @_;
        return Lemonldap::NG::Portal::Main::Constants::PE_OK() if $request->data->{password} eq PASSWORD;
        $self->setSecurity($request);
        return Lemonldap::NG::Portal::Main::Constants::PE_BADCREDENTIALS();
    };
}
my $portal = Lemonldap::NG::Portal::Main->run( {} );

sub note {
    my ($entry) = @_;
    open my $file, '>>', "$folder/record" or die "record: $!";
    flock $file, LOCK_EX;
    print {$file} encode_json($entry) . "\n";
    close $file;
}

sub parameter {
    my ( $text, $name ) = @_;
    my ($found) = map { ( split /=/, $_, 2 )[1] } grep { /^\Q$name\E=/ } split /[&]/, $text // '';
    return $found;
}

my $app = sub {
    my ($environment) = @_;
    my $path = $environment->{PATH_INFO};
    if ( $path eq '/__record' ) {
        my $lines = -e "$folder/record" ? contents("$folder/record") : '';
        my $all = '[' . join( ',', split /\n/, $lines ) . ']';
        return [ 200, [ 'Content-Type' => 'application/json' ], [$all] ];
    }
    if ( $path eq '/__forget' ) {
        unlink grep { -f } glob "$folder/sessions/*";
        remove_tree( "$folder/cache", { keep_root => 1 } );
        return [ 204, [], [] ];
    }
    # The one script without which a page leads nowhere: it sends the form with an answer.
    if ( $path =~ m{^/static/+common/js/redirect[.]min[.]js$} ) {
        my $script = contents("$ENV{LEMONLDAP}/usr/share/lemonldap-ng/portal/htdocs/static/common/js/redirect.min.js");
        return [ 200, [ 'Content-Type' => 'text/javascript' ], [$script] ];
    }
    my $body = '';
    if ( $path eq '/oauth2/token' ) {
        $environment->{'psgi.input'}->read( $body, $environment->{CONTENT_LENGTH} // 0 );
        $environment->{'psgi.input'}->seek( 0, 0 );
    }
    my $answer = $portal->($environment);
    # It has to be told a domain, and a cookie for a number may have none.
    s/ domain=[^;]*;// for ref $answer eq 'ARRAY' ? @{ $answer->[1] } : ();
    my ($route) = $path =~ m{^/oauth2/(\w+)};
    if ( ref $answer eq 'ARRAY' && $route ) {
        my %headers = @{ $answer->[1] };
        note( {
                route => $route,
                status => $answer->[0] + 0,
                prompt => parameter( $environment->{QUERY_STRING}, 'prompt' ),
                grant_type => parameter( $body, 'grant_type' ),
                answered => ( $headers{Location} // '' ) =~ /[?&]code=/ ? JSON::true : JSON::false,
        } );
    }
    return $answer;
};

STDOUT->autoflush(1);
print qq({"issuer": "$origin/"}\n);
Starman::Server->new->run( $app, { listen => ["127.0.0.1:$port"], workers => 4, argv => [], no_daemonize => 1 } );
