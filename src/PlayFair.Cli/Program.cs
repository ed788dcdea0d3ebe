using PlayFair.Cli;

return await PlayFairCommand.RunAsync(args);
