//! The real `az`, logged in to a test's world.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use vwi_bed::Finished;
use vwi_test_azure::az_config;

use crate::Scene;
use crate::scene::GROUP;

/// Longest time for a command or a script: `az` alone takes a second to start.
const PATIENCE: Duration = Duration::from_mins(5);

/// `az` with a login of its own.
#[derive(Debug)]
pub struct Az<'a> {
    scene: &'a Scene,
    program: PathBuf,
    folder: PathBuf,
}

impl<'a> Az<'a> {
    /// Prepares `az` in a fresh folder, for MSAL keeps tokens and then asks nobody.
    ///
    /// # Panics
    ///
    /// When the folder can't be written.
    pub fn new(scene: &'a Scene, program: &Path, login: &str) -> Self {
        let folder = scene.bed.folder().join(login);
        az_config(&folder, &scene.world).expect("az's configuration");
        Self {
            scene,
            program: program.to_owned(),
            folder,
        }
    }

    /// As [`Az::new`], logged in as the world's first caller.
    ///
    /// # Panics
    ///
    /// When the login fails.
    pub fn logged_in(scene: &'a Scene, program: &Path, login: &str) -> Self {
        let az = Self::new(scene, program, login);
        let caller = scene.world.callers.first().expect("a caller");
        az.answer(&[
            "login",
            "--service-principal",
            "--tenant",
            &scene.world.tenant_id,
            "-u",
            &caller.client_id,
            "-p",
            &caller.client_secret,
        ]);
        az
    }

    /// Runs a command.
    ///
    /// # Panics
    ///
    /// When it does not end.
    pub fn run(&self, arguments: &[&str]) -> Finished {
        let program = self.scene.bed.program(&self.program);
        self.scene
            .prepared(program)
            .env("AZURE_CONFIG_DIR", &self.folder)
            .within(PATIENCE)
            .args(arguments)
            .run()
            .expect("az")
    }

    /// Runs a command that has to succeed, and returns what it prints.
    ///
    /// # Panics
    ///
    /// When it fails or prints no JSON.
    pub fn answer(&self, arguments: &[&str]) -> Value {
        let finished = self.run(arguments);
        assert_eq!(finished.status, Some(0), "{}", finished.stderr);
        if finished.stdout.trim().is_empty() {
            return Value::Null;
        }
        serde_json::from_str(&finished.stdout).expect("JSON of az")
    }

    /// Lists the credentials of the world's identity `name`.
    ///
    /// # Panics
    ///
    /// When that fails.
    pub fn credentials(&self, name: &str) -> Value {
        self.answer(&[
            "identity",
            "federated-credential",
            "list",
            "-g",
            GROUP,
            "--identity-name",
            name,
        ])
    }

    /// Runs a shell script that finds this `az` on its PATH.
    ///
    /// # Panics
    ///
    /// When it does not end.
    pub fn script(&self, script: &Path) -> Finished {
        let programs = self.program.parent().expect("a folder").display();
        let program = self.scene.bed.program(Path::new("/bin/sh"));
        let script = format!("PATH=\"{programs}:$PATH\"; . {}", script.display());
        self.scene
            .prepared(program)
            .env("AZURE_CONFIG_DIR", &self.folder)
            .within(PATIENCE)
            .args(["-c", &script])
            .run()
            .expect("the script")
    }
}
