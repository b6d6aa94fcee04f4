use std::sync::Arc;

use clap::Subcommand;
use tokio::net::TcpListener;

use super::context::Context;
use super::exit::Exit;
use crate::clock::WallClock;
use crate::error::Error;
use crate::sandbox::{ACCESS_KEY_ID, ACCOUNT_ID, Sandbox, Weather, lab, server};

/// How much faster than AWS the sandbox is unless told otherwise: a cluster that takes ten
/// minutes to go takes two seconds.
const HURRY: f64 = 300.0;

/// An AWS account in memory
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Serve the account over HTTP on 127.0.0.1, for the AWS CLI and any other tool
    ///
    /// The guide's lab is in it, among neighbours that look like it. Any credentials will do.
    Serve {
        /// The port; 0 takes a free one
        #[arg(long, value_name = "PORT", default_value_t = 4566)]
        port: u16,

        /// An account with nothing in it
        #[arg(long)]
        empty: bool,

        /// How slow its weather is: 1 is 300 times as fast as AWS, 300 is as slow as AWS
        #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = scale)]
        time_scale: f64,

        /// What ids, latencies and faults are drawn from
        #[arg(long, value_name = "NUMBER", default_value_t = 0)]
        seed: u64,
    },
}

/// A factor of time: not negative, and a number.
pub fn scale(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(factor) if factor.is_finite() && (0.0..=1e6).contains(&factor) => Ok(factor),
        _ => Err("a factor is a number from 0 to 1000000".to_owned()),
    }
}

pub async fn run(context: &Context, args: &Args) -> Result<Exit, Error> {
    let What::Serve { port, empty, time_scale, seed } = args.what;
    let sandbox = Sandbox::builder().seed(seed).clock(Arc::new(WallClock)).build();
    let unbound = |error| Error::io(format!("Port {port} of 127.0.0.1 cannot be taken"), error);
    let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(unbound)?;
    let address = listener.local_addr().map_err(unbound)?;
    if !empty {
        lab::build(&|region| sandbox.sdk_config(region)).await.map_err(|error| {
            Error::io("The lab could not be built", std::io::Error::other(error.to_string()))
        })?;
    }
    sandbox.set_weather(Weather::aws().scaled(time_scale / HURRY));
    // Before anybody is told the address: who is quick with Ctrl-C must not be too quick for us.
    let stopped = stopped().map_err(|error| Error::io("Signals cannot be heard", error))?;
    let url = format!("http://{address}");
    context.print(&match context.json() {
        true => format!("{}\n", serde_json::json!({ "url": url, "account": ACCOUNT_ID })),
        false => format!("{url}\n"),
    })?;
    context.say(&format!("Account {ACCOUNT_ID} is served. To look at it, in another terminal:"));
    context.say(&format!("  export AWS_ENDPOINT_URL={url} AWS_DEFAULT_REGION=us-east-1"));
    context.say(&format!("  export AWS_ACCESS_KEY_ID={ACCESS_KEY_ID} AWS_SECRET_ACCESS_KEY=any"));
    context.say("  aws s3 ls");
    context.say("  dismantle inventory -m manifests/mlops-retail-prediction.yaml");
    context.say("Ctrl-C ends it; nothing of it is kept.");
    server::serve(sandbox, listener, stopped)
        .await
        .map_err(|error| Error::io("The server broke off", error))?;
    Ok(Exit::Done)
}

/// Listens from now on for somebody who wants it to end.
fn stopped() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut typed, mut asked) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = typed.recv() => {}
            _ = asked.recv() => {}
        }
    })
}
