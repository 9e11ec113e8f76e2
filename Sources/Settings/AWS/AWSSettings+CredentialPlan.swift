internal import Libcrypto
internal import S3Signing
internal import SigV4
internal import Uploads

/// AWS's chain in the order of its Python and command-line tools: variables, a role of the profile, a web identity, the profile's keys,
/// its process, the container's endpoint, the instance's metadata.
///
/// https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
extension AWSSettings {
    /// The first of the chain that is configured; the files are read as they are now.
    ///
    /// - Throws: where something is configured by half or not as AWS's tools take it, or nothing is.
    public func credentialPlan() throws(AWSSettingsError) -> CredentialPlan {
        if let plan = try planOfVariables() {
            if choosesItself { try refuseRoleBesideKeys() }
            return plan
        }
        guard mayChooseCredentials else { throw nothingToChoose }
        let profiles = try profiles()
        let profile = choosesItself && profileVariable == nil ? nil : profiles[profileName]
        if profile == nil, let name = profileVariable {
            throw AWSSettingsError(
                nameInUse(name), "there is no profile \"\(profileName)\" in \(credentialsPath), and none in \(configPath)")
        }
        if choosesItself { try refuseLoneRole(profile) }
        if let profile, profile.assumesRole { return try planOfRole(profile, profiles, visited: [profile.name]) }
        if let plan = try planOfProfile(profile, takesVariables: true) { return plan }
        if let plan = try planOfContainer() { return plan }
        guard !choosesItself else { throw profile.map(nothingInProfile) ?? nothingToChoose }
        return try planOfInstance(lookedAt: lookedAt(profiles))
    }

    // MARK: - Variables

    private func planOfVariables() throws(AWSSettingsError) -> CredentialPlan? {
        let names = (id: nameInUse("AWS_ACCESS_KEY_ID"), secret: nameInUse("AWS_SECRET_ACCESS_KEY"))
        // The older name first, as in AWS's Python and command-line tools.
        let tokenName = ["AWS_SECURITY_TOKEN", "AWS_SESSION_TOKEN"].first { variable($0) != nil } ?? "AWS_SESSION_TOKEN"
        let token = variable(tokenName)
        switch (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY")) {
        case (nil, nil):
            guard token == nil else { throw AWSSettingsError(names.id, "it is missing beside \(nameInUse(tokenName))") }
            return nil
        case (let id?, let secret?):
            do {
                let credentials = try SigningCredentials(
                    accessKeyID: id, secretAccessKey: Secret(secret), sessionToken: token, expiresAt: expirationOfVariables())
                return CredentialPlan(.fixed(credentials), origin: "the variables \(names.id) and \(names.secret)")
            } catch let error as AWSSettingsError {
                throw error
            } catch {
                throw AWSSettingsError(
                    (error as? InvalidValue)?.field == "sessionToken" ? nameInUse(tokenName) : names.id,
                    (error as? InvalidValue)?.message ?? "it cannot be used")
            }
        case (nil, _?): throw AWSSettingsError(names.id, "it is missing beside \(names.secret)")
        case (_?, nil): throw AWSSettingsError(names.secret, "it is missing beside \(names.id)")
        }
    }

    private func expirationOfVariables() throws(AWSSettingsError) -> SigningTime? {
        guard let text = variable("AWS_CREDENTIAL_EXPIRATION") else { return nil }
        guard let time = SigningTime(expiration: text) else {
            throw AWSSettingsError(nameInUse("AWS_CREDENTIAL_EXPIRATION"), "this is no time; write it as 2030-01-02T03:04:05Z")
        }
        return time
    }

    // MARK: - Profiles

    /// What a profile has besides a role that is taken with another profile's credentials.
    private func planOfProfile(_ profile: AWSProfile?, takesVariables: Bool) throws(AWSSettingsError) -> CredentialPlan? {
        if let plan = try planOfWebIdentity(profile, takesVariables: takesVariables) { return plan }
        guard let profile else { return nil }
        if let setting = ["sso_role_name", "sso_account_id"].first(where: { profile[$0] != nil }) {
            throw Self.needsProcess(profile, setting, "IAM Identity Center")
        }
        if let keys = profile.credentialsKeys { return try Self.plan(of: keys, in: profile) }
        if profile["login_session"] != nil { throw Self.needsProcess(profile, "login_session", "aws login") }
        if let command = profile["credential_process"] {
            let place = profile.place(of: "credential_process")
            return CredentialPlan(.process(try CommandWords.split(command, place: place)), origin: "credential_process at \(place)")
        }
        return try profile.configKeys.map { keys throws(AWSSettingsError) in try Self.plan(of: keys, in: profile) }
    }

    private static func needsProcess(_ profile: AWSProfile, _ setting: String, _ what: String) -> AWSSettingsError {
        AWSSettingsError(
            profile.place(of: setting),
            "profile \(profile.name) signs in with \(what), which needs a browser; give it a profile of its own with "
                + "credential_process = aws configure export-credentials --profile \(profile.name)")
    }

    private static func plan(of keys: AWSProfile.Keys, in profile: AWSProfile) throws(AWSSettingsError) -> CredentialPlan {
        guard let id = keys.accessKeyID, let secret = keys.secretAccessKey else {
            throw AWSSettingsError(
                keys.place, "profile \(profile.name) needs both aws_access_key_id and aws_secret_access_key in the same file")
        }
        do throws(InvalidValue) {
            let credentials = try SigningCredentials(
                accessKeyID: id, secretAccessKey: secret, sessionToken: keys.securityToken ?? keys.sessionToken)
            return CredentialPlan(.fixed(credentials), origin: "profile \(profile.name) in \(keys.file)")
        } catch {
            throw AWSSettingsError(keys.place, error.message)
        }
    }

    // MARK: - Roles

    /// - Parameter visited: the profiles on the way, this one last.
    private func planOfRole(
        _ profile: AWSProfile, _ profiles: AWSProfiles, visited: [String]
    ) throws(AWSSettingsError) -> CredentialPlan {
        let place = profile.place(of: "role_arn")
        if profile["mfa_serial"] != nil {
            throw AWSSettingsError(
                profile.place(of: "mfa_serial"),
                "the role of profile \(profile.name) needs a code of an MFA device, which nobody can type in here; take a role without one")
        }
        let role = try role(profile, arn: profile["role_arn"] ?? "", sessionName: profile["role_session_name"], at: place)
        let source: CredentialPlan
        switch (profile["source_profile"], profile["credential_source"]) {
        case (_?, _?):
            throw AWSSettingsError(
                profile.place(of: "credential_source"),
                "profile \(profile.name) has source_profile and credential_source; leave one of them out")
        case (nil, nil): throw AWSSettingsError(place, "a role is taken with other credentials; add source_profile or credential_source")
        case (let name?, nil): source = try planOfSource(name, for: profile, profiles, visited: visited)
        case (nil, let name?): source = try planOfNamedSource(name, for: profile)
        }
        return CredentialPlan(.assumeRole(role, source: source), origin: "role_arn at \(place)")
    }

    private func planOfSource(
        _ name: String, for profile: AWSProfile, _ profiles: AWSProfiles, visited: [String]
    ) throws(AWSSettingsError) -> CredentialPlan {
        let place = profile.place(of: "source_profile")
        guard let source = profiles[name] else { throw AWSSettingsError(place, "there is no profile \"\(name)\"") }
        // Only a profile with keys of its own may name itself.
        if visited.contains(name), name != profile.name || !source.hasKeys {
            throw AWSSettingsError(
                place,
                "source_profile goes round in a circle (\((visited + [name]).joined(separator: ", "))); one of them needs credentials")
        }
        if source.assumesRole, !source.hasKeys { return try planOfRole(source, profiles, visited: visited + [name]) }
        guard let plan = try planOfProfile(source, takesVariables: false) else {
            throw AWSSettingsError(place, "profile \(name) has no credentials")
        }
        return plan
    }

    private func planOfNamedSource(_ name: String, for profile: AWSProfile) throws(AWSSettingsError) -> CredentialPlan {
        let place = profile.place(of: "credential_source")
        let plan: CredentialPlan?
        switch name {
        case "Environment": plan = try planOfVariables()
        case "EcsContainer": plan = try planOfContainer()
        case "Ec2InstanceMetadata": plan = try planOfInstance(lookedAt: nil)
        default:
            throw AWSSettingsError(place, "there is no credential_source \"\(name)\"; use Environment, EcsContainer or Ec2InstanceMetadata")
        }
        guard let plan else { throw AWSSettingsError(place, "the variables of credential_source \(name) are not set") }
        return plan
    }

    private func planOfWebIdentity(_ profile: AWSProfile?, takesVariables: Bool) throws(AWSSettingsError) -> CredentialPlan? {
        func value(_ name: String, _ setting: String) -> (value: String, place: String)? {
            if takesVariables, let value = variable(name) { return (value, nameInUse(name)) }
            return profile?[setting].map { ($0, profile?.place(of: setting) ?? "") }
        }
        guard let file = value("AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file") else { return nil }
        guard let arn = value("AWS_ROLE_ARN", "role_arn") else {
            throw AWSSettingsError(file.place, "a token is for taking a role; set AWS_ROLE_ARN, or role_arn in the profile")
        }
        let sessionName = value("AWS_ROLE_SESSION_NAME", "role_session_name")?.value
        let role = try role(profile, arn: arn.value, sessionName: sessionName, at: arn.place)
        return CredentialPlan(.webIdentity(role, tokenFile: expanded(file.value)), origin: "the token file of \(file.place)")
    }

    /// The keys would sign, as with AWS's tools, and whoever named the role would think it does.
    private func refuseRoleBesideKeys() throws(AWSSettingsError) {
        let (role, file) = ("AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE")
        guard variable(role) != nil, variable(file) == nil else { return }
        throw AWSSettingsError(
            nameInUse(role),
            "no role is taken with the keys of \(nameInUse("AWS_ACCESS_KEY_ID")); name a profile with role_arn and source_profile instead, or "
                + "leave the role out")
    }

    /// An environment that names a role wants it to sign, not what would be found without.
    private func refuseLoneRole(_ profile: AWSProfile?) throws(AWSSettingsError) {
        let (role, file) = ("AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE")
        guard variable(role) != nil, variable(file) == nil, profile?["web_identity_token_file"] == nil else { return }
        throw AWSSettingsError(
            nameInUse(role),
            "a role is taken with a token or with other credentials; set \(nameInUse(file)) too, or name a profile with role_arn instead")
    }

    private func role(
        _ profile: AWSProfile?, arn: String, sessionName: String?, at place: String
    ) throws(AWSSettingsError) -> AssumedRole {
        guard arn.hasPrefix("arn:"), arn.contains(":role/"), arn.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw AWSSettingsError(place, "this is no role; it looks like arn:aws:iam::123456789012:role/uploads")
        }
        var duration: Int?
        if let text = profile?["duration_seconds"], profile?.assumesRole == true {
            guard let seconds = Int(text), (900...43_200).contains(seconds) else {
                throw AWSSettingsError(profile?.place(of: "duration_seconds") ?? "", "use whole seconds from 900 to 43200")
            }
            duration = seconds
        }
        let (url, region) = try securityTokenService()
        return AssumedRole(
            arn: arn, sessionName: sessionName, externalID: profile?["external_id"], durationSeconds: duration, endpointURL: url,
            region: region)
    }

    /// The regional endpoint of STS, and without a region the one for all.
    private func securityTokenService() throws(AWSSettingsError) -> (url: String, region: String) {
        let region = try region()
        let configured = try endpointURL(service: "sts")
        let url: String
        do throws(SigningError) {
            if let configured {
                url = try Endpoint(baseURL: configured, region: region ?? "us-east-1").baseURL
            } else if let region {
                url = try Endpoint.aws(region: region).baseURL.replacing("://s3.", with: "://sts.")
            } else {
                url = "https://sts.amazonaws.com"
            }
        } catch {
            throw AWSSettingsError("the endpoint of STS", error.message)
        }
        try Self.checkSecurityTokenService(url)
        return (url, region ?? "us-east-1")
    }

    /// A token on its way there, or credentials on their way back, are for nobody else to read.
    private static func checkSecurityTokenService(_ text: String) throws(AWSSettingsError) {
        let url = try MachineURL(text, place: "the endpoint of STS")
        guard url.isSecure || url.isLoopback else {
            throw AWSSettingsError(
                "the endpoint of STS", "\(url.host) may not be asked over http; use https, or a loopback address, in AWS_ENDPOINT_URL_STS")
        }
    }

    // MARK: - Endpoints of this machine

    private func planOfContainer() throws(AWSSettingsError) -> CredentialPlan? {
        let relative = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
        let full = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
        let url: String
        let name: String
        if let path = variable(relative) {
            name = nameInUse(relative)
            guard path.hasPrefix("/"), path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
                throw AWSSettingsError(name, "this is no path; it begins with /")
            }
            url = "http://169.254.170.2\(path)"
        } else if let text = variable(full) {
            name = nameInUse(full)
            try Self.check(containerURL: text, name: name)
            url = text
        } else {
            return nil
        }
        return CredentialPlan(
            .container(ContainerCredentials(url: url, authorization: try authorization())), origin: "the endpoint of \(name)")
    }

    /// Credentials come over TLS, or from this machine and its next neighbours that AWS names.
    private static func check(containerURL text: String, name: String) throws(AWSSettingsError) {
        let url = try MachineURL(text, place: name)
        guard url.isSecure || url.isLoopback || ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"].contains(url.host) else {
            throw AWSSettingsError(
                name,
                "\(url.host) may not give credentials over http; use https, a loopback address, 169.254.170.2, 169.254.170.23 or "
                    + "[fd00:ec2::23]")
        }
    }

    private func authorization() throws(AWSSettingsError) -> ContainerCredentials.Authorization {
        if let path = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") { return .file(expanded(path)) }
        let name = "AWS_CONTAINER_AUTHORIZATION_TOKEN"
        guard let token = variable(name) else { return .none }
        guard token.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
            throw AWSSettingsError(nameInUse(name), "this cannot stand in a header; it is one line")
        }
        return .token(Secret(token))
    }

    /// https://docs.aws.amazon.com/sdkref/latest/guide/feature-imds-credentials.html
    private func planOfInstance(lookedAt: String?) throws(AWSSettingsError) -> CredentialPlan {
        let disabled = "AWS_EC2_METADATA_DISABLED"
        guard variable(disabled)?.lowercased() != "true" else {
            guard let lookedAt else { throw AWSSettingsError(nameInUse(disabled), "the instance's metadata is asked for and switched off") }
            throw AWSSettingsError(nameInUse("AWS_ACCESS_KEY_ID"), "\(nothingFound) \(lookedAt); the instance's metadata (switched off)")
        }
        let profile = try profiles()[profileName]
        let endpoint = "AWS_EC2_METADATA_SERVICE_ENDPOINT"
        let url: String
        if let text = variable(endpoint) ?? profile?["ec2_metadata_service_endpoint"] {
            let place = variable(endpoint) == nil ? profile?.place(of: "ec2_metadata_service_endpoint") : nameInUse(endpoint)
            url = try MachineURL(text, place: place ?? endpoint).withoutTrailingSlash
        } else {
            let mode = variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE") ?? profile?["ec2_metadata_service_endpoint_mode"]
            url = mode?.lowercased() == "ipv6" ? "http://[fd00:ec2::254]" : "http://169.254.169.254"
        }
        let metadata = InstanceMetadata(endpointURL: url, lookedAt: lookedAt.map { "\(nothingFound) \($0); the instance's metadata" })
        return CredentialPlan(.instance(metadata), origin: "the instance's metadata")
    }

    // MARK: - Nothing

    private var nothingFound: String { "no AWS credentials found. Looked at" }

    private var nothingToChoose: AWSSettingsError {
        AWSSettingsError(
            nameInUse("AWS_ACCESS_KEY_ID"),
            "there is nothing to sign with; set this and \(nameInUse("AWS_SECRET_ACCESS_KEY")), or \(nameInUse("AWS_PROFILE"))")
    }

    private func nothingInProfile(_ profile: AWSProfile) -> AWSSettingsError {
        AWSSettingsError(
            nameInUse(profileVariable ?? "AWS_PROFILE"),
            "profile \"\(profile.name)\" has no credentials, and what this machine has for everybody does not count beside it")
    }

    private func lookedAt(_ profiles: AWSProfiles) -> String {
        let name = profileName
        let state = profiles[name] == nil ? "no such profile" : "no credentials in it"
        return """
            \(nameInUse("AWS_ACCESS_KEY_ID")) (not set); profile "\(name)" in \(credentialsPath) \
            (\(profiles.hasCredentialsFile ? state : "no such file")) and in \(configPath) \
            (\(profiles.hasConfigFile ? state : "no such file")); the container's endpoint (not set)
            """
    }
}
