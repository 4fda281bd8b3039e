//! Shows for how long there is a token, and waits for the end of the session: `cargo run --example token -- work`.

use abide_client::{Client, Error, State, Wanted};

fn main() -> Result<(), Error> {
    let account = std::env::args().nth(1).unwrap_or_else(|| "work".to_owned());
    let abide = Client::new()?;
    let token = abide.token(&Wanted::account(&account).reason("shows how the library is used"))?;
    println!("{token:?}");
    for session in abide.events(&account)? {
        let session = session?;
        println!("{:?}, {:?} s left", session.state(), session.expires_in());
        if session.state() == State::Ended {
            break;
        }
    }
    Ok(())
}
